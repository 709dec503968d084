// The light of a counter moves by itself: as soon as the server says that it changed, the page of the new light comes.

const station = document.getElementById("station");

if (station !== null && "events" in station.dataset) {
  const events = new EventSource(station.dataset.events);
  events.addEventListener("light", (event) => {
    const light = JSON.parse(event.data);
    if (["state", "need", "trouble"].every((name) => light[name] === station.dataset[name])) return;
    events.close();
    location.reload();
  });
}
