"use strict";
/* What every page has: asking the server, saying that it is gone, and the rater's name. */
const page = (function () {
  const NAME = "text2reward-rater";
  const byId = (id) => document.getElementById(id);
  const gone = byId("gone");
  const pause = (seconds) => new Promise((go) => setTimeout(go, 1000 * seconds));
  const nonce = () => Array.from(crypto.getRandomValues(new Uint8Array(12)), (b) => b.toString(16).padStart(2, "0")).join("");

  function build(tag, className, text) {
    const made = document.createElement(tag);
    if (className) made.className = className;
    if (text !== undefined) made.textContent = text;
    return made;
  }

  function here(words) {
    gone.hidden = !words;
    if (gone.textContent !== (words || "")) gone.textContent = words || "";
  }

  /* The answer, {status, body}; status 0 where the server is not there. */
  async function ask(address, body) {
    const options = body && { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) };
    let answer;
    try {
      answer = await fetch(address, { ...options, signal: AbortSignal.timeout(20000) });
    } catch {
      here("The server does not answer. It may have been stopped. This page tries again by itself; nothing you typed is lost.");
      return { status: 0, body: {} };
    }
    here(answer.status === 403 ? "The server was started anew. Open the address that it printed." : "");
    const text = await answer.text().catch(() => "");
    try {
      return { status: answer.status, body: JSON.parse(text) };
    } catch {
      return { status: answer.status, body: { error: text || "The server answered " + answer.status + ".", html: text } };
    }
  }

  /* Asks until the server answers. What is written carries a nonce, so that it is written once. */
  async function insist(address, body) {
    for (;;) {
      const answer = await ask(address, body);
      if (answer.status !== 0) return answer;
      await pause(2);
    }
  }

  const stored = () => { try { return localStorage.getItem(NAME) || ""; } catch { return ""; } };
  let name = stored();

  function showName() {
    byId("who-name").textContent = name ? "You are " + name : "";
    byId("who-change").hidden = !name;
    own(document);
  }

  /* "take back" is shown to whoever said it. */
  function own(root) {
    root.querySelectorAll("button.take-back").forEach((button) => {
      button.hidden = !button.dataset.of || button.dataset.rater !== name;
    });
  }

  /* Offers to take back what was just written. */
  function offer(form, said, id) {
    const button = form.querySelector("button.take-back");
    Object.assign(button.dataset, { of: id, rater: said });
    button.nextElementSibling.textContent = "";
    own(form);
  }

  document.addEventListener("click", async (event) => {
    const button = event.target.closest("button.take-back");
    if (!button || button.disabled) return;
    const told = button.nextElementSibling;
    button.disabled = true;
    told.textContent = "Writing …";
    const got = await insist("/api/undo", { rater: button.dataset.rater, of: button.dataset.of, nonce: nonce() });
    button.disabled = false;
    told.textContent = got.status === 200 ? "Taken back: " + got.body.undone + "." : got.body.error;
    if (got.status !== 200) return;
    delete button.dataset.of;
    button.hidden = true;
    button.dispatchEvent(new CustomEvent("taken-back", { bubbles: true, detail: got.body }));
  });

  function askName() {
    const dialog = byId("who"), input = byId("who-input");
    input.value = name;
    dialog.showModal();
    return new Promise((go) =>
      dialog.addEventListener("close", () => {
        const said = input.value.trim();
        if (said) {
          name = said;
          try { localStorage.setItem(NAME, name); } catch { /* kept for this page only */ }
        }
        showName();
        go(name);
      }, { once: true })
    );
  }

  /* The rater's name; asked for where it is not known. */
  async function rater() {
    while (!name) await askName();
    return name;
  }

  byId("who-change").addEventListener("click", async () => {
    await askName();
    document.dispatchEvent(new Event("rater"));
  });
  byId("who-input").closest("form").addEventListener("submit", (event) => {
    if (!byId("who-input").value.trim()) event.preventDefault();
  });
  showName();

  document.querySelectorAll("form.comment").forEach((form) => {
    const words = form.querySelector("textarea"), answer = form.querySelector(".answer");
    let once = nonce(), busy = false;
    words.addEventListener("input", () => { once = nonce(); });
    form.addEventListener("taken-back", (event) => {
      answer.textContent = "";
      words.value = words.value || event.detail.words;
    });
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      if (busy) return;
      busy = true;
      const said = { rater: await rater(), nonce: once, candidate: form.dataset.candidate, text: words.value };
      answer.textContent = "Sending …";
      const got = await insist("/api/comment", said);
      answer.textContent = got.status === 200 ? "Written down. Thanks." : got.body.error;
      if (got.status === 200) { words.value = ""; offer(form, said.rater, got.body.thanks); }
      once = nonce();
      busy = false;
    });
  });

  /* "I am done with this round", where it stands in a page that is followed. */
  document.addEventListener("click", async (event) => {
    const button = event.target.closest("button.done");
    if (!button || button.disabled) return;
    button.disabled = true;
    const got = await insist("/api/done", { rater: await rater(), nonce: nonce() });
    button.disabled = false;
    button.nextElementSibling.textContent = got.status === 200 ? got.body.then : got.body.error;
  });

  const typing = (target) => !!target.closest("textarea, select, dialog, [contenteditable], input:not([type=range]):not([type=checkbox])");

  return { ask, askName, build, byId, here, insist, nonce, offer, own, pause, rater, typing };
})();
