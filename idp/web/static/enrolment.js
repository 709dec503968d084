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
}
