"""Phone width, names for everything that can be used, and contrast that tired eyes can read."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.api.console.browser import row
from tests.api.console.conftest import Desk

WIDER = "() => document.documentElement.scrollWidth - innerWidth"
NAMELESS = """() => [...document.querySelectorAll('button, a, input, select, textarea, summary, video, [role=img]')]
  .filter(element => element.checkVisibility())
  .filter(element => !(element.ariaLabel || element.title || element.innerText?.trim() || element.textContent?.trim()
    || element.labels?.length))
  .map(element => element.outerHTML.slice(0, 120))"""
SMALL = """least => [...document.querySelectorAll('button, select, nav a, summary')]
  .filter(element => element.checkVisibility() && element.getBoundingClientRect().height < least)
  .map(element => element.outerHTML.slice(0, 120))"""
CONTRAST = """() => {
  const parse = text => {
    const [r, g, b, a = 1] = text.match(/[\\d.]+/g).map(Number);
    return text.startsWith('color(') ? [r * 255, g * 255, b * 255, a] : [r, g, b, a];
  };
  const over = ([r, g, b, a], [R, G, B]) => [r * a + R * (1 - a), g * a + G * (1 - a), b * a + B * (1 - a), 1];
  const light = ([r, g, b]) => [r, g, b].map(v => v / 255)
    .map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    .reduce((sum, v, index) => sum + v * [0.2126, 0.7152, 0.0722][index], 0);
  const ground = element => {
    const layers = [];
    for (let node = element; node; node = node.parentElement) {
      const style = getComputedStyle(node);
      if (style.backgroundImage !== 'none' || node.querySelector(':scope > canvas, :scope > img')) return null;
      layers.push(parse(style.backgroundColor));
    }
    return layers.reverse().reduce((below, layer) => over(layer, below), [255, 255, 255, 1]);
  };
  const bad = [];
  for (const element of document.querySelectorAll('body *')) {
    const text = [...element.childNodes].filter(node => node.nodeType === 3).map(node => node.data.trim()).join('');
    if (!text || element.closest('.sr, .skip, .toast, option, canvas')) continue;
    if (!element.checkVisibility({ opacityProperty: true })) continue;
    const below = ground(element);
    if (!below) continue;
    const style = getComputedStyle(element);
    const [a, b] = [light(over(parse(style.color), below)), light(below)];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    const size = parseFloat(style.fontSize);
    const large = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
    if (ratio < (large ? 3 : 4.5)) bad.push(`${ratio.toFixed(2)} ${text.slice(0, 40)}`);
  }
  return bad;
}"""
PAGES = ("alerts", "wall", "cameras", "counts", "plates", "watchlist")


def go(page: Page, name: str) -> None:
    page.evaluate(f"() => {{ location.hash = '#/{name}'; }}")
    page.wait_for_timeout(150)


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_text_can_be_read_and_everything_has_a_name(desk: Desk, theme: str) -> None:
    page = desk.page
    if theme == "light":
        page.get_by_role("button", name="Đổi nền sáng / tối").click()
    faults = {"login": page.evaluate(CONTRAST) + page.evaluate(NAMELESS)}
    desk.sign_in()
    kinds = ("parking", "crowd", "fire", "camera")
    alerts = [desk.rig.alert(kind, evidence=True) for kind in kinds]
    page.wait_for_selector(row(alerts[-1]))
    for name in (*PAGES, *(f"alerts/{alert}" for alert in alerts), "wall/cam-1"):
        go(page, name)
        faults[name] = page.evaluate(CONTRAST) + page.evaluate(NAMELESS)
    page.keyboard.press("?")
    page.get_by_role("dialog").wait_for()
    faults["help"] = page.evaluate(CONTRAST) + page.evaluate(NAMELESS)
    assert {name: found for name, found in faults.items() if found} == {}


def test_the_focus_can_be_seen_and_is_where_the_operator_left_it(desk: Desk) -> None:
    page = desk.sign_in()
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Đến nội dung chính")).to_be_focused()
    page.keyboard.press("Tab")
    outline = page.evaluate("() => getComputedStyle(document.activeElement).outlineStyle")
    assert outline == "solid"
    page.keyboard.press("?")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_new_alerts_are_announced(desk: Desk) -> None:
    page = desk.sign_in()
    desk.rig.alert("fire", "cam-2")
    expect(page.locator("[data-announcement]")).to_contain_text("Khẩn cấp, Cháy, khói, Cầu Mỹ Độ")


def test_a_phone_shows_everything_in_its_width(phone: Desk) -> None:
    page = phone.sign_in()
    alert = phone.rig.alert("parking", evidence=True)
    page.locator(row(alert)).wait_for()
    for name in (*PAGES, f"alerts/{alert}", "wall/cam-1"):
        go(page, name)
        assert page.evaluate(WIDER) <= 0, name
        assert page.evaluate(SMALL, 32) == [], name


def test_on_a_phone_an_alert_takes_the_page_and_gives_it_back(phone: Desk) -> None:
    page = phone.sign_in()
    alert = phone.rig.alert("crowd")
    line = page.locator(row(alert))
    line.tap()
    expect(page.locator(f'[data-detail="{alert}"]')).to_be_visible()
    expect(line).to_be_hidden()
    page.locator("[data-action=acknowledge]").tap()
    expect(page.locator("[data-detail] header")).to_contain_text("đã tiếp nhận")
    page.go_back()
    expect(line).to_be_visible()
