"use strict";
(function () {
  const { byId, build } = page;
  const pairs = byId("rating").dataset.mode === "pair";
  const labels = pairs ? ["Left", "Right"] : [1, 2, 3, 4, 5, 6].map((n) => "Film " + n);
  const player = new Player(byId("player"), labels);
  const words = byId("words"), own = byId("own-tags"), thanks = byId("thanks"), nothing = byId("nothing");
  let stuck = "There is nothing to take back.", shown = null, busy = false, since = 0, best = -1, worst = -1, asking = 0;

  const tags = () =>
    Array.from(document.querySelectorAll("#tags input:checked"), (box) => box.value).concat(own.value.split(",").map((tag) => tag.trim()).filter(Boolean));

  const count = (n, what) => n + " " + what + (n === 1 ? "" : "s");

  /* How much is left, and when one may stop. */
  function enough(got) {
    const lines = [];
    if (got.left !== null) lines.push(got.left ? count(got.left, "pair") + " left, the most telling first" : "No pair is left");
    if (got.unjudged) lines.push(got.unjudged + " of " + (got.policies === 1 ? "1 policy" : got.policies + " policies") + " not judged by anybody yet");
    else if (got.policies) lines.push("every policy has been judged: that is enough for a first order, and more answers make it surer");
    byId("enough").textContent = lines.length ? lines.join("; ") + "." : "";
  }

  /* Why there is nothing to show. */
  function why(got) {
    if (got.problem) return got.problem;
    const least = pairs ? 2 : 3;
    if (got.policies >= least && pairs && !got.left) return "You have judged every pair." + (got.over ? "" : " More come as candidates are trained and filmed.");
    const few = "It takes films of " + (pairs ? "two" : "three") + " policies to compare; " + (got.policies === 1 ? "there are those of 1" : "there are those of " + got.policies) + ".";
    return few + (got.over ? " The run is over." : " They come as candidates are trained and filmed.");
  }

  function progress(made) {
    const lines = ["You judged " + count(made.mine, "time"), count(made.all, "answer") + " by " + count(made.raters, "rater")];
    lines.push(made.repeated ? "of " + made.repeated + " shown to you twice you judged " + made.alike + " alike" : "none shown to you twice yet");
    byId("progress").textContent = lines.join(" · ");
  }

  function lock(on) {
    busy = on;
    document.querySelectorAll(".choices button, [data-choice], #done").forEach((button) => { button.disabled = on; });
    byId("undo").disabled = on || !!stuck;
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
    stuck = got.body.no_undo;
    byId("undo").title = stuck;
    progress(got.body.progress);
    enough(got.body);
    if (!got.body.id) return wait(why(got.body), mine);
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
    byId("asking").hidden = !!stuck;
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
    if (busy) return;
    if (stuck) { thanks.textContent = stuck; return; }
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

  function rank() {
    if (busy || !shown) return;
    const missing = [best, worst].map((place, i) => (place < 0 ? ["best", "worst"][i] : "")).filter(Boolean);
    if (missing.length) { thanks.textContent = "Choose a " + missing.join(" and a ") + " film, then send."; return; }
    return answer("/api/best-worst", { best, worst }, "best " + (best + 1) + ", worst " + (worst + 1));
  }

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
