// The line is lost: the page says so, and a form that would be sent into nothing stays as it is. Nothing is kept to be sent
// later. What a browser says of the line makes us look; what decides is whether we answer.

const lost = document.getElementById("line_lost");
const back = document.getElementById("line_back");
const LOOK_AGAIN = 5000;
let isReleased = false;
let timer;

async function isAnswered() {
  try {
    await fetch(lost.dataset.ask, { cache: "no-store", signal: AbortSignal.timeout(5000) });
    return true;
  } catch {
    return false;
  }
}

async function look() {
  const wasLost = !lost.hidden;
  const isLost = !(await isAnswered());
  lost.hidden = !isLost;
  back.hidden = isLost || !wasLost;
  clearTimeout(timer);
  if (isLost) timer = setTimeout(look, LOOK_AGAIN);
  return isLost;
}

async function holdBack(event, goOn) {
  if ((navigator.onLine && lost.hidden) || isReleased) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  if (await look()) {
    lost.focus();
    return;
  }
  isReleased = true;
  goOn();
  isReleased = false;
}

addEventListener("offline", look);
addEventListener("online", look);
addEventListener("submit", (event) => holdBack(event, () => event.target.requestSubmit(event.submitter)), true);
addEventListener("click", (event) => {
  const link = event.target.closest?.("a[href]");
  if (link && !link.getAttribute("href").startsWith("#")) holdBack(event, () => link.click());
}, true);
