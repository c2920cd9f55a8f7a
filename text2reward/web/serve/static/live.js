"use strict";
/* The overview follows the record: parts that did not change are not touched. */
(function () {
  const { byId } = page;
  const parts = byId("parts"), status = byId("status");
  const known = new Map(), drawn = new Map();
  let charts = {}, version = "", over = false;

  function fill(details) {
    const place = details.querySelector(":scope > .body > .charts");
    if (place && details.open && !drawn.has(place)) drawn.set(place, charting.curves(place, charts[place.dataset.candidate]));
  }

  async function exchange(details) {
    const body = details.querySelector(".body");
    if (!details.open || body.childElementCount) return;
    const got = await page.ask("/api/exchange/" + encodeURIComponent(details.dataset.candidate));
    if (got.status === 200) body.innerHTML = got.body.html; /* escaped by the server's templates */
    else body.textContent = got.body.error || "The server does not answer.";
  }

  const focusable = (box) => Array.from(box.querySelectorAll("a, summary, button, video"));

  /* New HTML for a part; what was unfolded and focused stays so. */
  function replace(box, html, fresh) {
    const open = new Map(Array.from(box.querySelectorAll("details"), (each) => [each.dataset.key, each.open]));
    const focused = focusable(box).indexOf(document.activeElement);
    for (const place of drawn.keys()) if (box.contains(place)) drawn.delete(place);
    box.innerHTML = html; /* escaped by the server's templates */
    box.querySelectorAll("details").forEach((each) => {
      if (!fresh && open.has(each.dataset.key)) each.open = open.get(each.dataset.key);
      if (each.classList.contains("candidate")) { fill(each); each.addEventListener("toggle", () => fill(each)); }
      if (each.classList.contains("exchange")) { exchange(each); each.addEventListener("toggle", () => exchange(each)); }
    });
    page.own(box);
    if (focused >= 0 && focusable(box)[focused]) focusable(box)[focused].focus();
  }

  function show(news) {
    charts = news.charts;
    over = news.over;
    if (!known.size) parts.replaceChildren();
    news.parts.forEach(({ name, html }, i) => {
      let box = parts.querySelector('[data-part="' + CSS.escape(name) + '"]');
      const fresh = !box;
      if (fresh) {
        box = page.build("section");
        box.dataset.part = name;
        parts.insertBefore(box, parts.children[i] || null);
      }
      if (known.get(name) !== html) replace(box, html, fresh);
      known.set(name, html);
    });
    drawn.forEach((longer, place) => longer(charts[place.dataset.candidate]));
    if (status.textContent !== news.status) status.textContent = news.status;
  }

  async function follow() {
    for (;;) {
      const got = document.hidden && version ? null : await page.ask("/api/overview?have=" + version);
      if (got && got.status === 200 && got.body.version !== version) {
        version = got.body.version;
        show(got.body);
      } else if (got && got.status >= 500) page.here(got.body.error);
      await page.pause(over ? 5 : 2);
    }
  }

  async function look() {
    const got = await page.ask("/api/overview?have=" + version);
    if (got.status === 200 && got.body.parts) { version = got.body.version; show(got.body); }
  }

  document.addEventListener("visibilitychange", () => document.hidden || look());
  document.addEventListener("taken-back", look);
  follow();
})();
