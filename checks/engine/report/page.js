// The slider over the snapshots. Without this script they all stand below one another.
"use strict";
(() => {
  const viewer = document.getElementById("viewer");
  const figures = viewer ? [...viewer.querySelectorAll("figure")] : [];
  if (figures.length < 2) return;
  const slider = document.getElementById("moment");
  const shown = document.getElementById("shown");
  const play = document.getElementById("play");
  let timer = 0;

  const show = () => {
    const number = Number(slider.value);
    figures.forEach((figure, i) => { figure.hidden = i !== number; });
    const caption = figures[number].querySelector("figcaption");
    slider.setAttribute("aria-valuetext", caption.textContent);
    shown.replaceChildren(...[...caption.childNodes].map((node) => node.cloneNode(true)));
  };
  const stop = () => {
    clearInterval(timer);
    timer = 0;
    play.textContent = "Play";
    shown.setAttribute("aria-live", "polite");
  };
  const step = () => {
    slider.value = Number(slider.value) + 1;
    show();
    if (Number(slider.value) === figures.length - 1) stop();
  };

  slider.addEventListener("input", () => { stop(); show(); });
  play.addEventListener("click", () => {
    if (timer) { stop(); return; }
    if (Number(slider.value) === figures.length - 1) slider.value = 0;
    show();
    play.textContent = "Stop";
    shown.setAttribute("aria-live", "off"); // not a word for every picture
    timer = setInterval(step, 600);
  });
  viewer.classList.add("moving");
  viewer.querySelector(".controls").hidden = false;
  slider.value = figures.length - 1; // a browser may remember where it stood
  show();
})();
