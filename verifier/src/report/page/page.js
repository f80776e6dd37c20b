// Only what a page without a script cannot do: filter the steps, and open what a link points into.
"use strict";
const input = document.getElementById("filter");
const output = document.getElementById("shown");
const steps = [...document.querySelectorAll(".steps li")];
const scenarios = [...document.querySelectorAll(".scenario")];
const wasOpen = scenarios.map((scenario) => scenario.open);
input.closest(".filter").hidden = false;
input.addEventListener("input", () => {
  const wanted = input.value.trim().toLowerCase();
  let shown = 0;
  for (const step of steps) {
    step.hidden = !step.textContent.toLowerCase().includes(wanted);
    shown += step.hidden ? 0 : 1;
  }
  scenarios.forEach((scenario, n) => {
    const some = scenario.querySelector(".steps li:not([hidden])") !== null;
    scenario.hidden = !some;
    scenario.open = wanted === "" ? wasOpen[n] : some;
  });
  output.textContent = wanted === "" ? "" : `${shown} of ${steps.length} steps`;
});
const reveal = () => {
  const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  const scenario = target?.closest(".scenario");
  if (scenario) {
    scenario.open = true;
    target.scrollIntoView();
  }
};
addEventListener("hashchange", reveal);
reveal();
