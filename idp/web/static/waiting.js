// A page that waits for something at a counter looks every second whether it came, and then shows the next step.

const waiting = document.querySelector("[data-look]");

if (waiting !== null) {
  setInterval(async () => {
    const answer = await fetch(waiting.dataset.look, { headers: { accept: "application/json" } }).catch(() => null);
    if (answer === null || !answer.ok) return;
    if ((await answer.json()).state !== waiting.dataset.state) location.reload();
  }, 1000);
}
