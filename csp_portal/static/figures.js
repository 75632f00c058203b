// Draws the charts from the numbers that the page holds; the tables below them say the same. A bar that has an address
// leads to it.
(() => {
  "use strict";

  // A canvas does not know light-dark(): an element is asked which colour it comes to.
  const colour = (name) => {
    const probe = document.body.appendChild(document.createElement("span"));
    probe.style.color = `var(${name})`;
    const found = getComputedStyle(probe).color;
    probe.remove();
    return found;
  };
  // Colours that keep apart in light and dark, and for those who do not tell red from green.
  const palette = () => ["--tblr-blue", "--tblr-orange", "--tblr-purple", "--tblr-secondary"].map(colour);

  const draw = (canvas) => {
    const numbers = JSON.parse(document.getElementById(canvas.dataset.chart).textContent);
    const colours = palette();
    const axis = { stacked: true, ticks: { color: colour("--tblr-secondary"), precision: 0 }, grid: { color: colour("--tblr-border-color") } };
    const stacked = canvas.dataset.chart === "open-chart";
    const leads = numbers.addresses ? {
      onClick: (event, bars) => { if (bars.length) location.assign(numbers.addresses[bars[0].index]); },
      onHover: (event, bars) => { canvas.style.cursor = bars.length ? "pointer" : ""; },
      interaction: { mode: "index", intersect: false },
    } : {};
    const days = numbers.addresses ? { ticks: { ...axis.ticks, maxRotation: 0, autoSkipPadding: 16 } } : {};
    const tooltip = numbers.words ? { callbacks: { label: (bar) => numbers.words[bar.dataIndex] } } : {};
    return new Chart(canvas, {
      type: "bar",
      data: {
        labels: numbers.labels,
        datasets: numbers.series.map((series, at) => ({ label: series.label, data: series.values, backgroundColor: colours[at] })),
      },
      options: {
        ...leads,
        animation: false,
        maintainAspectRatio: false,
        scales: { x: { ...axis, ...days, stacked }, y: { ...axis, stacked, beginAtZero: true } },
        plugins: {
          legend: { display: numbers.series.length > 1, position: "bottom", labels: { color: colour("--tblr-secondary"), boxWidth: 12 } },
          tooltip,
        },
      },
    });
  };

  const canvases = [...document.querySelectorAll("canvas[data-chart]")];
  let charts = canvases.map(draw);
  // Another theme, chosen or of the system: the same charts in its colours.
  const again = () => {
    charts.forEach((chart) => chart.destroy());
    charts = canvases.map(draw);
  };
  new MutationObserver(again).observe(document.documentElement, { attributes: true, attributeFilter: ["data-bs-theme"] });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", again);
})();
