"use strict";
(function () {
  const { byId, build } = page;
  const pairs = byId("rating").dataset.mode === "pair";
  const labels = pairs ? ["Left", "Right"] : [1, 2, 3, 4, 5, 6].map((n) => "Film " + n);
  const player = new Player(byId("player"), labels);
  const words = byId("words"), own = byId("own-tags"), thanks = byId("thanks"), nothing = byId("nothing");
  let undoable = false, shown = null, busy = false, since = 0, best = -1, worst = -1, asking = 0;

  const tags = () =>
    Array.from(document.querySelectorAll("#tags input:checked"), (box) => box.value).concat(own.value.split(",").map((tag) => tag.trim()).filter(Boolean));

  function progress(made) {
    const count = (n, what) => n + " " + what + (n === 1 ? "" : "s");
    const lines = ["You judged " + count(made.mine, "time"), count(made.all, "answer") + " by " + count(made.raters, "rater")];
    lines.push(made.repeated ? "of " + made.repeated + " shown to you twice you judged " + made.alike + " alike" : "none shown to you twice yet");
    byId("progress").textContent = lines.join(" · ");
  }

  function lock(on) {
    busy = on;
    document.querySelectorAll(".choices button, [data-choice], #done").forEach((button) => { button.disabled = on; });
    byId("undo").disabled = on || !undoable;
    if (!on) mark();
  }

  function clear() {
    words.value = own.value = "";
    document.querySelectorAll("#tags input").forEach((box) => { box.checked = false; });
  }

  /* The next films; asks again by itself while there are none. */
  async function next() {
    const mine = ++asking;
    lock(true);
    const got = await page.insist("/api/next", { rater: await page.rater(), mode: byId("rating").dataset.mode });
    if (mine !== asking) return;
    shown = null;
    if (got.status !== 200) return wait(got.body.error, mine, got.status === 400);
    undoable = got.body.undo;
    progress(got.body.progress);
    if (!got.body.id) return wait(got.body.problem || (got.body.over ? "There are not enough films to compare, and the run is over." : "No films to compare yet. They come as candidates are trained and filmed."), mine);
    nothing.hidden = true;
    byId("player").hidden = false;
    best = worst = -1;
    const problem = await player.load(got.body.films);
    if (mine !== asking) return;
    shown = got.body;
    if (!pairs) crown();
    byId("asking").hidden = false;
    if (problem) { nothing.textContent = problem + (pairs ? " Skip it with s." : ""); nothing.hidden = false; }
    since = performance.now();
    lock(false);
  }

  async function wait(text, mine, renamed) {
    lock(false);
    document.querySelectorAll("[data-choice], #send").forEach((button) => { button.disabled = true; });
    byId("asking").hidden = !undoable;
    byId("player").hidden = true;
    nothing.textContent = text;
    nothing.hidden = false;
    if (renamed) { await page.askName(); return next(); }
    await page.pause(5);
    if (mine === asking) { byId("player").hidden = false; next(); }
  }

  async function send(address, body, about) {
    if (busy || (about && !shown)) return;
    lock(true);
    thanks.textContent = "Writing …";
    const all = { rater: await page.rater(), nonce: page.nonce(), ...body };
    if (about) Object.assign(all, { id: shown.id, text: words.value, tags: tags(), seconds: (performance.now() - since) / 1000 });
    const got = await page.insist(address, all);
    if (got.status === 200) {
      progress(got.body.progress);
      return got.body;
    }
    thanks.textContent = got.body.error;
    lock(false);
    if (got.body.answered) next();
    return null;
  }

  async function answer(address, body, said) {
    if (!(await send(address, body, true))) return;
    clear();
    thanks.textContent = "Thanks: " + said + ". It is written down.";
    next();
  }

  /* The last answer on record, of this page or an earlier one; its words are in the form again, beside what was typed since. */
  async function undo() {
    if (busy || !undoable) return;
    const got = await send("/api/undo", { mode: byId("rating").dataset.mode });
    if (got) {
      thanks.textContent = "Taken back: " + got.undone + ".";
      words.value = [got.words, words.value].filter(Boolean).join("\n");
      tick(got.tags);
    }
    next();
  }

  function tick(labels) {
    const boxes = Array.from(document.querySelectorAll("#tags input[type=checkbox]"));
    boxes.forEach((box) => { box.checked = box.checked || labels.includes(box.value); });
    const others = labels.filter((label) => !boxes.some((box) => box.value === label));
    own.value = others.concat(own.value.trim() || []).join(", ");
  }

  async function done() {
    const got = await send("/api/done", {});
    if (got) byId("then").textContent = got.then;
    lock(false);
  }

  /* Best and worst: buttons on each film. */
  function crown() {
    player.films.forEach((film, i) => {
      const row = build("div", "crown");
      for (const [kind, text] of [["best", "Best"], ["worst", "Worst"]]) {
        const button = build("button", "", text);
        button.type = "button";
        button.dataset.kind = kind;
        button.setAttribute("aria-label", labels[i] + " is the " + kind);
        button.addEventListener("click", () => pick(kind, i));
        row.appendChild(button);
      }
      film.figure.querySelector("figcaption").after(row);
    });
    mark();
  }

  function pick(kind, i) {
    if (kind === "best") { best = best === i ? -1 : i; if (worst === i) worst = -1; }
    else { worst = worst === i ? -1 : i; if (best === i) best = -1; }
    mark();
  }

  function number(i) {
    if (i >= player.films.length) return;
    pick(i === best || (best < 0 && i !== worst) ? "best" : "worst", i);
  }

  function mark() {
    if (pairs) return;
    player.films.forEach((film, i) =>
      film.figure.querySelectorAll(".crown button").forEach((button) => {
        const on = i === (button.dataset.kind === "best" ? best : worst);
        button.setAttribute("aria-pressed", on);
      })
    );
    byId("send").disabled = busy || best < 0 || worst < 0;
  }

  const rank = () => best >= 0 && worst >= 0 && answer("/api/best-worst", { best, worst }, "best " + (best + 1) + ", worst " + (worst + 1));
  const vote = (choice) => answer("/api/vote", { choice }, { left: "left", right: "right", same: "the same", neither: "neither", skip: "skipped" }[choice]);

  const votes = { 1: "left", 2: "right", "=": "same", x: "neither", s: "skip" };
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || page.typing(event.target)) return;
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    const focused = event.target.closest("button, summary, a, input");
    const take = (act) => { event.preventDefault(); act(); };
    if (key === " ") return focused && focused.matches(":focus-visible") ? undefined : take(() => player.toggle());
    if (key === "ArrowLeft" || key === "ArrowRight") return take(() => player.step(key === "ArrowLeft" ? -1 : 1));
    if (event.repeat) return;
    if (key === "u") return take(undo);
    if (pairs && Object.hasOwn(votes, key)) return take(() => vote(votes[key]));
    if (!pairs && /^[1-6]$/.test(key)) return take(() => number(Number(key) - 1));
    if (!pairs && key === "Enter" && !focused) return take(rank);
  });
  document.querySelectorAll("[data-choice]").forEach((button) =>
    button.addEventListener("click", () => { button.blur(); vote(button.dataset.choice); })
  );
  byId("undo").addEventListener("click", undo);
  byId("done").addEventListener("click", done);
  if (!pairs) byId("send").addEventListener("click", rank);
  document.addEventListener("rater", next);
  next();
})();
