// A visit moves by itself: as soon as the gateway says that something changed, what stands here leaves the screen and the
// page of the new state comes. While the line is down nothing of anybody is shown.

const visit = document.getElementById("visit");

if (visit !== null && "events" in visit.dataset) {
  const lost = document.getElementById("line_lost");
  const progress = document.getElementById("percent");
  const events = new EventSource(visit.dataset.events);
  const show = (isShown) => {
    visit.hidden = !isShown;
    lost.hidden = isShown;
  };
  events.addEventListener("state", (event) => {
    const told = JSON.parse(event.data);
    if (told.mark !== visit.dataset.mark) {
      visit.hidden = true;
      events.close();
      location.replace(visit.dataset.page);
      return;
    }
    show(true);
    if (progress !== null) progress.value = told.percent;
  });
  events.addEventListener("error", () => show(false));
  addEventListener("pagehide", () => events.close());
}
