"""Nine moving pictures over one connection."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.api.console.conftest import CAMERAS, Desk

AGES = "() => [...document.querySelectorAll('[data-tile] canvas')].map(canvas => Number(canvas.dataset.at))"
MOVED = f"before => ({AGES})().every((at, index) => at > before[index])"
PAINTED = """() => [...document.querySelectorAll('[data-tile] canvas')].every(canvas => {
  const { width, height } = canvas;
  const middle = canvas.getContext('2d').getImageData(width / 2, height / 2, 1, 1).data;
  return middle[3] === 255 && middle[0] + middle[1] + middle[2] > 0;
})"""


def test_nine_pictures_move_over_one_connection(desk: Desk) -> None:
    desk.rig.play()
    page = desk.sign_in()
    page.keyboard.press("w")
    expect(page.locator("[data-tile] canvas")).to_have_count(CAMERAS)
    page.wait_for_function(f"() => ({AGES})().every(at => at > 0)")
    before = page.evaluate(AGES)
    page.wait_for_function(MOVED, arg=before)
    assert page.evaluate(PAINTED)
    assert len(desk.watch.sockets) == 1
    desk.rig.status("cam-4", "lost", "timeout")
    expect(page.locator("[data-tile=cam-4] [data-state]")).to_have_text("Mất tín hiệu: hết thời gian chờ")
    page.locator("[data-tile=cam-2]").click()
    expect(page.locator("h1")).to_have_text("Cầu Mỹ Độ")
    page.keyboard.press("Escape")
    expect(page.locator("[data-tile]")).to_have_count(CAMERAS)


def test_a_picture_that_no_longer_comes_is_called_old(desk: Desk) -> None:
    page = desk.sign_in()
    page.keyboard.press("w")
    page.wait_for_function(f"() => ({AGES})().every(at => at > 0)")
    desk.rig.kill()
    expect(page.locator("[data-stale]").first).to_contain_text("Hình cũ")
    expect(page.locator("[data-tile=cam-1] [data-state]")).to_have_text("Chưa có tin")
    desk.rig.start()
    expect(page.locator("[data-stale]")).to_have_count(0)


def test_counts_make_a_series(desk: Desk) -> None:
    for people in range(5):
        desk.rig.count("cam-1", 20 + people)
    page = desk.sign_in()
    page.keyboard.press("g")
    page.keyboard.press("s")
    expect(page.locator("section").filter(has_text="Lòng đường").first).to_contain_text("24 hiện tại")
    expect(page.locator(".u-over").first).to_be_visible()
