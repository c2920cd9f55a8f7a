"use strict";
(function () {
  const { byId, build } = page;
  const curves = byId("curves");
  if (curves) charting.curves(curves, JSON.parse(byId("charts").textContent));

  const film = byId("film");
  if (film) {
    const player = new Player(byId("player"), ["Film"]);
    const load = async () => {
      const problem = await player.load([{ video: film.value + ".mp4", strip: film.value + ".json" }]);
      if (problem) byId("player").prepend(build("p", "failed", problem));
    };
    film.addEventListener("change", load);
    load();
    document.addEventListener("keydown", (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey || page.typing(event.target) || event.target.closest("button, summary, a")) return;
      const act = { " ": () => player.toggle(), ArrowLeft: () => player.step(-1), ArrowRight: () => player.step(1) }[event.key];
      if (act) { event.preventDefault(); act(); }
    });
  }

  const form = byId("edit");
  if (!form) return;
  const program = byId("program"), why = byId("why"), answer = form.querySelector(".answer"), found = byId("found");
  let once = page.nonce(), busy = false;
  form.addEventListener("input", () => { once = page.nonce(); });

  function list(findings) {
    found.replaceChildren(...findings.map((each) => {
      const row = build("li", each.level);
      if (each.line) {
        const place = build("button", "plain", "line " + each.line);
        place.type = "button";
        place.addEventListener("click", () => select(each.line));
        row.append(place, ": ");
      }
      row.append(each.text + " [" + each.name + "]");
      return row;
    }));
  }

  function select(line) {
    const lines = program.value.split("\n"), start = lines.slice(0, line - 1).join("\n").length + (line > 1 ? 1 : 0);
    program.focus();
    program.setSelectionRange(start, start + (lines[line - 1] || "").length);
    program.scrollTop = (line - 3) * parseFloat(getComputedStyle(program).lineHeight);
  }

  /* What the server said; null where it is being asked already. */
  async function send(address, body) {
    if (busy) return null;
    busy = true;
    answer.textContent = "Waiting …";
    const got = await page.insist(address, body);
    if (got.status !== 200) answer.textContent = got.body.error;
    if (got.body.findings) list(got.body.findings);
    busy = false;
    return got;
  }

  byId("check").addEventListener("click", async () => {
    const got = await send("/api/check", { program: program.value });
    if (!got || got.status !== 200) return;
    const found = got.body.findings, wrong = found.some((each) => each.level === "error");
    answer.textContent = wrong ? "The check finds errors:" : found.length ? "No errors, but:" : "The check finds nothing wrong.";
  });
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const said = { rater: await page.rater(), nonce: once, parent: form.dataset.parent, program: program.value, text: why.value };
    const got = await send("/api/edit", said);
    if (!got || got.status !== 200) return;
    answer.textContent = "Written down. The loop takes it as a candidate of yours.";
    page.offer(form, said.rater, got.body.thanks);
  });
  form.addEventListener("taken-back", () => { answer.textContent = ""; once = page.nonce(); });
})();
