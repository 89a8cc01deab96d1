"""What an operator does while the network or the server is away is kept, shown, and carried out exactly once."""

from __future__ import annotations

from playwright.sync_api import expect

from benchmarks.console_rig import USER
from tests.api.console.browser import open_alert, row, sign_in
from tests.api.console.conftest import Desk


def test_an_act_during_an_outage_of_the_server_is_delivered_once(desk: Desk) -> None:
    page = desk.sign_in()
    first, second = desk.rig.alert("crowd", "cam-6"), desk.rig.alert("crowd", "cam-7")
    open_alert(page, first)
    desk.rig.kill()
    expect(page.locator("[data-link=retrying]")).to_be_visible()
    page.keyboard.press("a")
    open_alert(page, second)
    page.keyboard.press("m")
    page.keyboard.press("n")
    page.keyboard.type("ghi khi mất kết nối")
    page.keyboard.press("Enter")
    expect(page.locator("[data-outbox]")).to_have_text("3 chờ gửi")
    expect(page.locator(row(first))).to_contain_text("chờ gửi")
    expect(page.locator("[role=alert].offline")).to_contain_text("Mất kết nối với máy chủ")
    desk.rig.start()
    expect(page.locator("[data-outbox]")).to_have_count(0)
    expect(page.locator("[data-link=open]")).to_be_visible()
    expect(page.locator(row(first))).to_contain_text("đã tiếp nhận")
    assert desk.history(first) == ["acknowledge"]
    assert desk.history(second) == ["assign", "note"]


def test_it_outlives_a_reload_too(desk: Desk) -> None:
    page = desk.sign_in()
    alert = desk.rig.alert("crowd", "cam-6")
    open_alert(page, alert)
    desk.rig.kill()
    page.keyboard.press("a")
    expect(page.locator("[data-outbox]")).to_have_text("1 chờ gửi")
    page.goto("about:blank")
    desk.rig.start()
    page.goto(desk.rig.url)
    expect(page.locator(row(alert))).to_contain_text("đã tiếp nhận")
    expect(page.locator("[data-outbox]")).to_have_count(0)
    assert desk.history(alert) == ["acknowledge"]


def test_who_comes_too_late_sees_the_newer_state_and_chooses(desk: Desk) -> None:
    page = desk.sign_in()
    alert = desk.rig.alert("crowd", "cam-8")
    open_alert(page, alert)
    desk.context.set_offline(True)
    desk.page.route("**/api/v1/**", lambda route: route.abort())
    page.keyboard.press("a")
    waiting = page.locator("[data-detail] [data-operation]")
    expect(waiting).to_contain_text("chờ gửi")
    for revision, (action, body) in enumerate((("resolve", {}), ("reopen", {}), ("assign", {"assignee": USER}))):
        desk.act(alert, action, revision, body)
    desk.page.unroute_all()
    desk.context.set_offline(False)
    expect(waiting).to_contain_text("Cảnh báo đã thay đổi")
    expect(waiting).to_contain_text("Hiện tại: đang xử lý, người xử lý: admin")
    waiting.get_by_role("button", name="Bỏ thao tác").click()
    expect(waiting).to_have_count(0)
    assert desk.history(alert) == ["resolve", "reopen", "assign"]


def test_an_ended_session_asks_for_the_password_and_keeps_what_waits(desk: Desk) -> None:
    page = desk.sign_in()
    alert = desk.rig.alert("crowd", "cam-9")
    open_alert(page, alert)
    desk.context.clear_cookies()
    page.keyboard.press("a")
    expect(page.locator("form")).to_contain_text("Phiên làm việc đã hết hạn")
    expect(page.locator("form")).to_contain_text("1 thao tác đang chờ gửi")
    sign_in(page)
    expect(page.locator(f'[data-detail="{alert}"] header')).to_contain_text("đã tiếp nhận")
    assert desk.history(alert) == ["acknowledge"]
