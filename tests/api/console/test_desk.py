"""An operator's work in a real browser: from the login to a handled alert."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from benchmarks.console_rig import USER
from tests.api.console.browser import open_alert, row, sign_in
from tests.api.console.conftest import Desk


def test_a_wrong_password_says_so_and_the_right_one_opens_the_desk(desk: Desk) -> None:
    page = desk.page
    page.fill("input[name=username]", USER)
    page.fill("input[name=password]", "sai rồi")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_have_text("Sai tên đăng nhập hoặc mật khẩu.")
    sign_in(page)
    expect(page.get_by_role("navigation")).to_contain_text("Tường camera")
    page.reload()
    expect(page.locator("[data-link=open]")).to_be_visible()


def test_an_alert_appears_by_itself_in_words(desk: Desk) -> None:
    page = desk.sign_in()
    alert = desk.rig.alert("parking", "cam-2", evidence=True)
    line = page.locator(row(alert))
    for words in ("Trung bình", "Đỗ xe trái phép", "nghi vấn", "Cầu Mỹ Độ", "mới", "ô tô, 1 phút 1 giây"):
        expect(line).to_contain_text(words)
    expect(page).to_have_title(re.compile(r"^\(\d+\) "))
    open_alert(page, alert)
    detail = page.locator(f'[data-detail="{alert}"]')
    expect(detail).to_contain_text("Nghi vấn – máy phát hiện, chưa có người xác nhận")
    expect(detail.locator("[data-role]")).to_have_count(4)
    expect(detail.locator(".stage img")).to_be_visible()
    expect(detail.locator(".stage rect")).to_be_visible()
    detail.get_by_role("button", name="Kiểm tra").click()
    expect(detail.locator(".sha")).to_contain_text("khớp")
    page.keyboard.press("p")
    page.wait_for_function("() => document.querySelector('video')?.currentTime > 0.3")


def test_every_step_of_the_work_has_a_key(desk: Desk) -> None:
    page = desk.sign_in()
    alert = desk.rig.alert("crowd")
    page.wait_for_selector(row(alert))
    page.keyboard.press("j")
    detail = page.locator(f'[data-detail="{alert}"]')
    expect(detail).to_be_visible()
    for key, status in (("a", "đã tiếp nhận"), ("m", "đang xử lý")):
        page.keyboard.press(key)
        expect(detail.locator("header")).to_contain_text(status)
    page.keyboard.press("n")
    page.keyboard.type("Đã cử tổ công tác")
    page.keyboard.press("Enter")
    expect(detail).to_contain_text("Đã cử tổ công tác")
    page.keyboard.press("r")
    page.keyboard.press("Enter")
    expect(detail.locator("header")).to_contain_text("đã xử lý")
    page.keyboard.press("o")
    page.keyboard.press("Enter")
    expect(detail.locator("header")).to_contain_text("đã tiếp nhận")
    page.keyboard.press("x")
    page.keyboard.type("người đi chợ")
    page.keyboard.press("Enter")
    expect(detail.locator("header")).to_contain_text("báo giả")
    assert desk.history(alert) == ["acknowledge", "assign", "note", "resolve", "reopen", "false-alarm"]
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_contain_text("Tiếp nhận")
    page.keyboard.press("Escape")
    page.keyboard.press("g")
    page.keyboard.press("w")
    expect(page.locator("[data-tile]")).to_have_count(9)


def test_a_fire_asks_a_person_to_call_the_fire_brigade(desk: Desk) -> None:
    page = desk.sign_in()
    alert = desk.rig.alert("fire", "cam-3", evidence_missing="đĩa đầy")
    urgent = page.locator("[data-urgent]")
    expect(urgent).to_contain_text("Cổng chợ Thương")
    expect(urgent).to_contain_text("một người phải gọi 114")
    urgent.get_by_role("button", name="Bật âm báo").click()
    expect(page.get_by_role("button", name="Tắt âm báo")).to_have_attribute("aria-pressed", "true")
    urgent.get_by_role("button").click()
    detail = page.locator(f'[data-detail="{alert}"]')
    expect(detail).to_contain_text("Người trực phải gọi Cảnh sát PCCC 114. Hệ thống không tự gọi.")
    expect(detail).to_contain_text("Thiếu bằng chứng: đĩa đầy")
    page.keyboard.press("a")
    expect(urgent.filter(has_text="Cổng chợ Thương")).to_have_count(0)


def test_the_list_stands_still_while_the_operator_reads(desk: Desk) -> None:
    for _ in range(30):
        desk.rig.alert("camera")
    page = desk.sign_in()
    rows = page.locator("[data-alert]")
    expect(rows.nth(12)).to_be_visible()
    page.locator("section > ul").evaluate("list => { list.scrollTop = 500; }")
    page.wait_for_timeout(200)
    before = rows.nth(8).bounding_box()
    same = rows.nth(8).get_attribute("data-alert")
    alert = desk.rig.alert("crowd", "cam-4")
    pill = page.locator("[data-pill]")
    expect(pill).to_contain_text("1 cảnh báo mới")
    assert page.locator(f'[data-alert="{same}"]').bounding_box() == before
    expect(page.locator(row(alert))).to_have_count(0)
    page.keyboard.press("u")
    expect(page.locator(row(alert))).to_be_visible()
    expect(pill).to_have_count(0)


def test_filters_and_totals_are_the_servers(desk: Desk) -> None:
    page = desk.sign_in()
    alert = desk.rig.alert("crowd", "cam-5")
    page.wait_for_selector(row(alert))
    page.locator("#filter-kind").select_option("crowd")
    expect(page.locator("[data-alert]").filter(has_not_text="Tụ tập đông người")).to_have_count(0)
    assert page.url.endswith("?kind=crowd")
    with desk.client() as client:
        totals = client.get("/alerts/totals").json()["by_status"]
        crowds = client.get("/alerts", params={"kind": "crowd", "limit": 1}).json()["total"]
    expect(page.locator("[data-status=new]")).to_contain_text(str(totals["new"]))
    expect(page.locator(".clear")).to_contain_text(f"{crowds} cảnh báo")
    page.keyboard.press("0")
    desk.rig.alert("parking", "cam-5")
    expect(page.locator("[data-alert]").first).to_contain_text("Đỗ xe trái phép")


def test_both_languages_and_both_backgrounds(desk: Desk) -> None:
    page = desk.sign_in()
    desk.rig.alert("crowd")
    page.wait_for_selector("[data-alert]")
    page.keyboard.press("l")
    expect(page.get_by_role("navigation")).to_contain_text("Camera wall")
    expect(page.locator("[data-alert]").first).to_contain_text("Crowd")
    assert page.evaluate("document.documentElement.lang") == "en"
    page.keyboard.press("t")
    page.reload()
    expect(page.get_by_role("navigation")).to_contain_text("Camera wall")
    assert page.evaluate("document.documentElement.dataset.theme") == "light"
