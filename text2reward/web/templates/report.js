(function () {
  const charts = JSON.parse(document.getElementById("charts").textContent);
  const draw = charting.draw;

  function fill(details) {
    const place = details.querySelector(":scope > .body > .charts");
    if (!place || place.dataset.drawn) return;
    place.dataset.drawn = "yes";
    const data = charts[place.dataset.candidate];
    draw(place, "Success of the exploring policy", data.steps, [{ label: "success", values: data.success }], [0, 1]);
    draw(place, "Own return per episode", data.steps, [{ label: "return", values: data.own_return }]);
    const terms = Object.entries(data.terms).map(([label, values]) => ({ label, values }));
    if (terms.length) draw(place, "Reward terms, mean per step", data.steps, terms);
  }

  document.querySelectorAll("details.candidate").forEach((details) => {
    if (details.open) fill(details);
    details.addEventListener("toggle", () => details.open && fill(details));
  });
  document.querySelectorAll('a[href^="#"]').forEach((link) =>
    link.addEventListener("click", () => {
      const target = document.getElementById(link.getAttribute("href").slice(1));
      if (target && target.tagName === "DETAILS") target.open = true;
    })
  );
})();
