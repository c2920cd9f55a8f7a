"use strict";
const charting = (function () {
  const style = getComputedStyle(document.documentElement);
  const colour = (name) => style.getPropertyValue(name).trim();
  const palette = ["#2f6fde", "#d97706", "#16935a", "#b5379c", "#7a5af5", "#0f8b8d", "#c2410c", "#64748b"];
  const thousands = (value) => (value >= 1000 ? Math.round(value / 1000) + "k" : value);
  const three = (value) => (value == null ? "–" : Number(value.toPrecision(3)).toString());

  function draw(place, title, steps, series, range) {
    const box = document.createElement("div");
    box.className = "chart";
    const head = document.createElement("h4");
    head.textContent = title;
    box.appendChild(head);
    place.appendChild(box);
    const known = (one) => one.values.filter((value) => value != null).length, most = Math.max(0, ...series.map(known));
    if (most < 2) {
      const why = document.createElement("p");
      why.className = "note";
      why.textContent = steps.length < 2
        ? "The training was too short for a curve: it recorded " + (steps.length ? "one point, and a line takes two." : "no point.")
        : "No curve: it takes two points with a value, and of " + steps.length + " there " + (most ? "is one." : "are none.");
      box.appendChild(why);
      return null;
    }
    const axis = { stroke: colour("--soft"), grid: { stroke: colour("--line"), width: 1 }, ticks: { show: false } };
    const options = {
      width: Math.max(260, box.clientWidth),
      height: 210,
      scales: { x: { time: false }, y: range ? { range: () => range } : {} },
      axes: [
        { ...axis, values: (_, values) => values.map(thousands) },
        { ...axis, size: 46, values: (_, values) => values.map(three) },
      ],
      series: [{ label: "simulator steps", value: (_, value) => (value == null ? "–" : value.toLocaleString("en")) }].concat(
        series.map((one, i) => ({
          label: one.label, stroke: palette[i % palette.length], width: 2, spanGaps: true, value: (_, value) => three(value),
        }))
      ),
    };
    const plot = new uPlot(options, [steps].concat(series.map((one) => one.values)), box);
    window.addEventListener("resize", () => box.isConnected && plot.setSize({ width: Math.max(260, box.clientWidth), height: 210 }));
    return plot;
  }

  function lines(data) {
    const terms = Object.entries(data.terms).map(([label, values]) => ({ label, values }));
    return [
      ["Success of the exploring policy", [{ label: "success", values: data.success }], [0, 1]],
      ["Own return per episode", [{ label: "return", values: data.own_return }]],
    ].concat(terms.length ? [["Reward terms, mean per step", terms]] : []);
  }

  /* The curves of one candidate; returns a function that shows longer ones in their place. */
  function curves(place, data) {
    const all = (given) => lines(given).map(([title, series, range]) => draw(place, title, given.steps, series, range));
    let plots = all(data);
    return (longer) => {
      if (plots.includes(null)) {
        plots.forEach((plot) => plot && plot.destroy());
        place.replaceChildren();
        plots = all(longer);
        return;
      }
      lines(longer).forEach(([, series], i) => plots[i] && plots[i].setData([longer.steps].concat(series.map((one) => one.values))));
    };
  }

  return { draw, curves };
})();
