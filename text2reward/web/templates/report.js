(function () {
  const charts = JSON.parse(document.getElementById("charts").textContent);

  function fill(details) {
    const place = details.querySelector(":scope > .body > .charts");
    if (!place || place.dataset.drawn) return;
    place.dataset.drawn = "yes";
    charting.curves(place, charts[place.dataset.candidate]);
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
