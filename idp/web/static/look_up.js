// A visit moves by itself. Where somebody's data are on the screen they go with the card, with the line to us, and with the
// page: whoever comes back to it by the browser's history finds nothing.

const lookUp = document.getElementById("look_up");
const LINE_MAY_BREAK_FOR = 2500;

function leave() {
  document.getElementById("personal")?.remove();
  location.replace(lookUp.dataset.place);
}

if (lookUp !== null && lookUp.dataset.page === "data") {
  addEventListener("pagehide", () => document.getElementById("personal")?.remove());
  addEventListener("pageshow", (event) => {
    if (event.persisted) leave();
  });
  const print = lookUp.querySelector("[data-print]");
  if (print !== null) {
    print.hidden = false;
    print.addEventListener("click", () => globalThis.print());
  }
  const again = document.getElementById("look_again");
  if (again !== null) setTimeout(() => again.requestSubmit(), 1000 * Math.max(5, Number(again.dataset.againIn)));
}

if (lookUp !== null && "events" in lookUp.dataset) {
  let silence;
  const events = new EventSource(lookUp.dataset.events);
  events.addEventListener("error", () => {
    if (lookUp.dataset.page === "data") silence ??= setTimeout(leave, LINE_MAY_BREAK_FOR);
  });
  events.addEventListener("state", (event) => {
    // a line that opens and says nothing is none
    clearTimeout(silence);
    silence = undefined;
    const news = JSON.parse(event.data);
    if (lookUp.dataset.page === "data") {
      if (news.over || !news.ready) leave();
      return;
    }
    const bar = document.getElementById("read_bar");
    if (bar !== null) bar.value = news.percent;
    const state = news.over ? "over" : news.ready ? "ready" : "waiting";
    const same = state === lookUp.dataset.state && (state !== "waiting" || ["light", "need", "reason", "card"].every((name) => (news[name] ?? "") === lookUp.dataset[name]));
    if (same) return;
    events.close();
    location.reload();
  });
}
