// The counter journey moves by itself: as soon as the server says that it took a step, what is on the screen goes, and the page
// of the new step comes. A card that was pulled takes the person's data off the screen with it.

const journey = document.getElementById("enrolment");

if (journey !== null && "events" in journey.dataset) {
  const events = new EventSource(journey.dataset.events);
  events.addEventListener("state", (event) => {
    if (JSON.parse(event.data).state === journey.dataset.state) return;
    events.close();
    document.getElementById("applicant")?.remove();
    location.reload();
  });
  events.addEventListener("reader", (event) => {
    const news = JSON.parse(event.data);
    for (const line of document.querySelectorAll("#reader [data-need]")) line.hidden = line.dataset.need !== news.need;
    const progress = document.getElementById("read_progress");
    if (progress === null) return;
    progress.hidden = news.percent === 0;
    document.getElementById("read_bar").value = news.percent;
  });
}
