(function () {
  const charts = JSON.parse(document.getElementById("charts").textContent);
  const place = document.querySelector(".charts");
  if (!place) return;
  charting.draw(place, "Success of the exploring policy", charts.steps, charts.success, [0, 1]);
  charting.draw(place, "Own return per episode, each by its own reward", charts.steps, charts.own_return);
})();
