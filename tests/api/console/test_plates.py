"""Plate search and watchlist in a real browser: a case first, pictures, keys, and who may see what."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from benchmarks.console_rig import PASSWORD, Rig
from tests.api.console import browser as browsers
from tests.api.console.browser import PHONE, row, sign_in
from tests.api.console.conftest import Desk
from tests.api.console.test_access import CONTRAST, NAMELESS, SMALL, WIDER

REASON, CASE = "Truy tìm xe gây tai nạn", "VA-2026/118"
INGEST_S = 20.0
PAGE = 48


@contextmanager
def visitor(chromium: Browser, rig: Rig, username: str, size: tuple[int, int] = (1366, 768)) -> Iterator[Page]:
    """A page of another account, signed in. Fails if it reports an error or talks to another host."""
    context, page, watch = browsers.new_page(chromium, rig, size)
    sign_in(page, username)
    yield page
    context.close()
    assert (watch.errors, watch.foreign) == ([], [])


def account(desk: Desk, username: str, role: str) -> None:
    """An account with the rig's password, if it is not there yet."""
    with desk.client() as client:
        answer = client.post("/users", json={"username": username, "password": PASSWORD, "role": role})
    assert answer.status_code in (201, 409), answer.text


def wait_for(client: httpx.Client, text: str, passages: int = 1) -> None:
    """Return when so many passages of a plate are in the store."""
    body = {"text": text, "match": "partial", "reason": "thử / test", "case_number": "0"}
    deadline = time.monotonic() + INGEST_S
    while client.post("/plates/search", json=body).raise_for_status().json()["total"] < passages:
        assert time.monotonic() < deadline, "the reads did not arrive"
        time.sleep(0.05)


def open_search(page: Page) -> None:
    page.keyboard.press("g")
    page.keyboard.press("p")
    page.wait_for_selector("[data-case]")


def ask(page: Page, text: str) -> None:
    """Fill in the case and the plate, and search."""
    page.fill("#case-reason", REASON)
    page.fill("#case-number", CASE)
    page.fill("#search-text", text)
    page.keyboard.press("Enter")


def test_an_officer_finds_a_vehicle_by_keyboard_and_the_search_is_on_record(desk: Desk, chromium: Browser) -> None:
    account(desk, "csgt1", "police")
    now = time.time()
    desk.rig.plate("30E45678", "cam-2", at=now - 60, alternatives=(("30E45673", 0.04),))
    desk.rig.plate("30EA45678", "cam-3", at=now - 120, pattern="MOTO", lines=2, vehicle="motorcycle", confidence=0.62)
    with desk.client() as client:
        wait_for(client, "30E", 2)
    with visitor(chromium, desk.rig, "csgt1") as page:
        sent: list[str] = []
        page.on("request", lambda request: sent.append(request.url) if "/plates" in request.url else None)
        open_search(page)
        page.keyboard.press("/")
        page.keyboard.type("30e*456?8")
        page.keyboard.press("Enter")
        expect(page.locator("#case-reason")).to_be_focused()
        expect(page.locator("[data-case]")).to_contain_text("Ghi lý do tra cứu")
        expect(page.locator("[data-case]")).to_contain_text("Ghi số hồ sơ vụ việc")
        assert sent == []
        page.keyboard.type(REASON)
        page.keyboard.press("Tab")
        page.keyboard.type(CASE)
        page.keyboard.press("Enter")
        cards = page.locator("[data-read]")
        expect(cards).to_have_count(2)
        expect(cards.nth(0)).to_contain_text("30E-456.78")
        expect(cards.nth(0)).to_contain_text("Cầu Mỹ Độ")
        expect(cards.nth(1)).to_contain_text("30-EA")
        expect(cards.nth(1)).to_contain_text("62 %")
        page.keyboard.press("ArrowDown")
        expect(cards.nth(0)).to_be_focused()
        page.keyboard.press("ArrowRight")
        expect(cards.nth(1)).to_be_focused()
        page.keyboard.press("Enter")
        focus = page.locator("[data-focus]")
        for words in ("xe máy, sê-ri hai chữ", "biển hai dòng", "Cổng chợ Thương", CASE, REASON):
            expect(focus).to_contain_text(words)
        page.keyboard.press("ArrowLeft")
        expect(page.get_by_role("dialog")).to_contain_text("30E-456.78 · Cầu Mỹ Độ")
        expect(focus.locator("[data-plate='30E45673']")).to_be_visible()
        expect(focus.locator("rect")).to_be_visible()
        assert page.evaluate(
            "() => [...document.querySelectorAll('[data-focus] img')].every(image => image.naturalWidth > 0)"
        )
        page.keyboard.press("Escape")
        expect(page.get_by_role("dialog")).to_have_count(0)
        expect(cards.nth(0)).to_be_focused()
        history = page.evaluate("() => [location.href, document.title, JSON.stringify(history.state)].join(' ')")
        assert page.url.endswith("#/plates")
        for secret in ("30", CASE, "tai"):
            assert secret not in history.replace(page.url.split("#")[0], ""), history
        assert {url.split("/api/v1")[1] for url in sent} == {"/plates/search"}
    with desk.client() as client:
        entries = client.get("/audit", params={"limit": 50}).raise_for_status().json()["items"]
    mine = [entry for entry in entries if entry["action"] == "plates.search" and entry["actor"] == "csgt1"]
    assert [(entry["target"], entry["detail"]["reason"]) for entry in mine] == [(CASE, REASON)]


def test_the_case_is_kept_for_its_user_alone(desk: Desk, chromium: Browser) -> None:
    account(desk, "csgt1", "police")
    with visitor(chromium, desk.rig, "csgt1") as page:
        open_search(page)
        ask(page, "11A00001")
        expect(page.locator("#found")).to_contain_text("Không có lượt xe nào khớp")
        page.reload()
        expect(page.locator("#case-reason")).to_have_value(REASON)
        expect(page.locator("#search-text")).to_have_value("")
        page.locator("details.user summary").click()
        page.get_by_role("button", name="Đăng xuất").click()
        page.locator("input[name=username]").wait_for()
        assert CASE not in page.evaluate("() => JSON.stringify({...sessionStorage, ...localStorage})")
        sign_in(page)
        open_search(page)
        expect(page.locator("#case-reason")).to_have_value("")


def test_more_results_come_as_one_goes_on(desk: Desk) -> None:
    now = time.time()
    for number in range(PAGE + 7):
        desk.rig.plate(f"21H{number + 10000}", "cam-5", at=now - number)
    with desk.client() as client:
        wait_for(client, "21H", PAGE + 7)
    page = desk.sign_in()
    open_search(page)
    ask(page, "21H*")
    expect(page.locator("#found header")).to_contain_text(f"{PAGE + 7} lượt xe")
    expect(page.locator("[data-read]")).to_have_count(PAGE)
    page.locator("#search-text").press("Escape")
    page.keyboard.press("n")
    expect(page.locator("[data-read]")).to_have_count(PAGE + 7)
    expect(page.locator("#found")).to_contain_text("Hết kết quả")
    page.keyboard.press("End")
    expect(page.locator("[data-read]").last).to_be_focused()


def test_a_watched_plate_raises_an_alert_that_leads_to_a_search(desk: Desk) -> None:
    page = desk.sign_in()
    page.keyboard.press("g")
    page.keyboard.press("d")
    page.get_by_role("button", name="Thêm biển số").click()
    expect(page.locator("#watch-text")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_contain_text("Ghi số hồ sơ vụ việc")
    page.fill("#watch-text", "15K-234.56")
    page.fill("#watch-reason", "Xe bị trộm")
    page.fill("#watch-number", CASE)
    page.keyboard.press("Enter")
    entry = page.locator("[data-entry]").filter(has_text="15K-234.56")
    expect(entry).to_contain_text("Đang theo dõi")
    desk.rig.plate("15K23456", "cam-6")
    page.keyboard.press("g")
    page.keyboard.press("a")
    line = page.locator("[data-alert]").filter(has_text="15K-234.56")
    for words in ("Biển số theo dõi", "Xe bị trộm", "Bệnh viện", "nghi vấn"):
        expect(line).to_contain_text(words, ignore_case=True)
    line.click()
    detail = page.locator("[data-detail]")
    expect(detail).to_contain_text(CASE)
    expect(detail.locator("[data-role=plate] img")).to_be_visible()
    detail.locator("[data-search-plate]").click()
    expect(page.locator("#search-text")).to_have_value("15K23456")
    expect(page.locator("#case-number")).to_have_value(CASE)
    assert page.url.endswith("#/plates")
    page.keyboard.press("Enter")
    expect(page.locator("[data-read]")).to_have_count(1)
    page.keyboard.press("g")
    page.keyboard.press("d")
    expect(entry).to_contain_text("1 lần gặp")
    expect(entry.locator("a").filter(has_text="Bệnh viện")).to_be_visible()
    entry.get_by_role("button", name="Ngừng theo dõi").click()
    expect(entry).to_contain_text("Đã ngừng")
    entry.get_by_role("button", name="Sửa").click()
    page.fill("#watch-reason", "Đã tìm thấy xe")
    page.keyboard.press("Enter")
    expect(entry).to_contain_text("Đã tìm thấy xe")


def test_an_operator_sees_neither_pages_nor_plates(desk: Desk, chromium: Browser) -> None:
    account(desk, "truc1", "operator")
    with desk.client() as client:
        body = {"text": "34A76543", "reason": "Đối tượng truy nã", "case_number": CASE}
        client.post("/watchlist", json=body).raise_for_status()
    with visitor(chromium, desk.rig, "truc1") as page:
        expect(page.get_by_role("navigation")).not_to_contain_text("Tra cứu biển số")
        for hash_ in ("plates", "watchlist"):
            page.evaluate(f"() => {{ location.hash = '#/{hash_}'; }}")
            expect(page.locator("[data-forbidden]")).to_contain_text("Chỉ công an được tra cứu biển số")
        desk.rig.plate("34A76543", "cam-7")
        page.keyboard.press("g")
        page.keyboard.press("p")
        expect(page.locator("[data-forbidden]")).to_be_visible()
        page.evaluate("() => { location.hash = '#/alerts'; }")
        line = page.locator("[data-alert]").filter(has_text="chỉ công an xem được")
        expect(line.first).to_contain_text("Nhà ga")
        line.first.click()
        detail = page.locator("[data-detail]")
        expect(detail).to_contain_text("chỉ công an xem được nội dung")
        page.keyboard.press("a")
        expect(detail.locator("header")).to_contain_text("đã tiếp nhận")
        assert "34A" not in page.content()
        assert "truy nã" not in page.content()


def test_a_parked_car_with_its_plate_leads_to_the_search(desk: Desk) -> None:
    alert = desk.rig.alert(
        "parking", "cam-8", detail={"label": "car", "dwell_s": 70.0, "limit_s": 60.0, "plate": "20C33445"}
    )
    page = desk.sign_in()
    line = page.locator(row(alert))
    expect(line).to_contain_text("20C-334.45")
    line.click()
    page.locator("[data-search-plate]").click()
    expect(page.locator("#search-text")).to_have_value("20C33445")
    expect(page.locator("#case-reason")).to_be_focused()


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_the_pages_can_be_read_and_everything_has_a_name(desk: Desk, theme: str) -> None:
    desk.rig.plate("29M55667", "cam-4", colour="yellow", confidence=0.55)
    with desk.client() as client:
        wait_for(client, "29M55667")
    page = desk.sign_in()
    if theme == "light":
        page.keyboard.press("t")
    open_search(page)
    faults = {"idle": page.evaluate(CONTRAST) + page.evaluate(NAMELESS)}
    page.locator("#search-submit").click()
    faults["missing"] = page.evaluate(CONTRAST)
    ask(page, "29M55667")
    page.locator("[data-read]").first.click()
    page.wait_for_selector("[data-focus]")
    faults["focus"] = page.evaluate(CONTRAST) + page.evaluate(NAMELESS)
    page.keyboard.press("Escape")
    faults["found"] = page.evaluate(CONTRAST) + page.evaluate(NAMELESS)
    page.keyboard.press("g")
    page.keyboard.press("d")
    page.keyboard.press("+")
    page.get_by_role("dialog").wait_for()
    faults["watch"] = page.evaluate(CONTRAST) + page.evaluate(NAMELESS)
    assert {name: found for name, found in faults.items() if found} == {}


def test_a_phone_has_room_for_the_search(phone: Desk) -> None:
    phone.rig.plate("29M77889", "cam-4")
    with phone.client() as client:
        wait_for(client, "29M77889")
    assert phone.page.viewport_size == {"width": PHONE[0], "height": PHONE[1]}
    page = phone.sign_in()

    def fits(name: str) -> None:
        assert page.evaluate(WIDER) <= 0, name
        assert page.evaluate(SMALL, 32) == [], name

    page.evaluate("() => { location.hash = '#/plates'; }")
    page.wait_for_selector("[data-case]")
    fits("conditions")
    ask(page, "29M77889")
    card = page.locator("[data-read]").first
    expect(card).to_be_visible()
    expect(page.locator("#search-text")).to_have_count(0)
    expect(page.locator("[data-case]")).to_contain_text(CASE)
    fits("results")
    card.tap()
    page.wait_for_selector("[data-focus]")
    fits("large picture")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Sửa điều kiện").tap()
    expect(page.locator("#search-text")).to_have_value("29M77889")
    page.evaluate("() => { location.hash = '#/watchlist'; }")
    page.get_by_role("button", name="Thêm biển số").tap()
    page.get_by_role("dialog").wait_for()
    fits("watchlist")
