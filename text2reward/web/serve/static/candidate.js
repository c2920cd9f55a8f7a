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

  async function send(address, body, good) {
    if (busy) return;
    busy = true;
    answer.textContent = "Waiting …";
    const got = await page.insist(address, body);
    answer.textContent = got.status === 200 ? good(got.body) : got.body.error;
    if (got.status === 200) list(got.body.findings);
    busy = false;
  }

  const errors = (body) => body.findings.filter((each) => each.level === "error").length;
  byId("check").addEventListener("click", () =>
    send("/api/check", { program: program.value }, (body) => (errors(body) ? "The check finds errors:" : body.findings.length ? "No errors, but:" : "The check finds nothing wrong."))
  );
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const said = { rater: await page.rater(), nonce: once, parent: form.dataset.parent, program: program.value, text: why.value };
    send("/api/edit", said, (body) => (errors(body) ? "Written down, but it will not pass its checks:" : "Written down. The loop takes it as a candidate of yours."));
  });
})();
