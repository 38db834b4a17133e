for (const part of document.querySelectorAll(".frames")) {
  const frames = [...part.querySelectorAll(".at-value")];
  const slider = part.querySelector("input"), told = part.querySelector("output");
  const show = () => {
    const shown = frames[slider.value];
    frames.forEach(frame => frame.classList.toggle("current", frame === shown));
    slider.setAttribute("aria-valuetext", shown.dataset.value);
    told.textContent = shown.dataset.told;
  };
  part.classList.add("sliding");
  slider.addEventListener("input", show);
  show();
}
