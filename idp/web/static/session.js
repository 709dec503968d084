// The sign-in is about to end: the page says so two minutes before, and one press keeps it. When the time is up we are asked
// first, because another tab may have kept it; then the page goes, with whatever stands on it.

const box = document.getElementById("session_ending");
const stay = document.getElementById("stay_signed_in");
const WARN = 120;
const LOOK_AGAIN = 10;
let endsAt;
let timer;

function after(seconds) {
  clearTimeout(timer);
  timer = setTimeout(look, 1000 * seconds);
}

function plan(seconds) {
  endsAt = Date.now() + 1000 * seconds;
  box.hidden = seconds > WARN;
  after(seconds > WARN ? seconds - WARN : Math.max(1, seconds));
}

function leave() {
  document.querySelector("main").hidden = true;
  location.replace(`${box.dataset.ended}?return=${encodeURIComponent(location.pathname)}`);
}

async function ask(path, method) {
  try {
    const answer = await fetch(path, { method, cache: "no-store", headers: { accept: "application/json" } });
    return answer.ok ? (await answer.json()).seconds : null;
  } catch {
    return null;
  }
}

async function look() {
  const left = await ask(box.dataset.left, "GET");
  if (left !== null && left > 0) plan(left);
  else if (left !== null || Date.now() >= endsAt) leave();
  else after(LOOK_AGAIN);
}

stay.addEventListener("click", async () => {
  const left = await ask(box.dataset.stay, "POST");
  if (left === null) return;
  if (left <= 0) return leave();
  const cannotStay = left <= WARN;
  document.getElementById("session_may_stay").hidden = cannotStay;
  document.getElementById("session_must_end").hidden = !cannotStay;
  stay.hidden = cannotStay;
  plan(left);
});

// a computer that slept, a page that comes back by the browser's history: the timer stood still
addEventListener("pageshow", (event) => {
  if (event.persisted) look();
});
document.addEventListener("visibilitychange", () => {
  if (!document.hidden && Date.now() >= endsAt - 1000 * WARN) look();
});

plan(Number(box.dataset.seconds));
