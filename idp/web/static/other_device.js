// Signing in with another device. Here: the time that is left, and going on once the phone has confirmed. On the phone: the
// code that was scanned stands behind the # of the address, which browsers send to nobody.

const countdown = document.getElementById("countdown");
if (countdown !== null) {
  const end = Date.now() + Number(countdown.dataset.seconds) * 1000;
  setInterval(() => {
    const left = Math.max(0, Math.round((end - Date.now()) / 1000));
    countdown.textContent = `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}`;
  }, 1000);
}

document.querySelector("form[data-go-on]")?.requestSubmit();

const form = document.getElementById("code_form");
const scanned = location.hash.slice(1);
if (form !== null && /^[A-Z-]{8,9}$/.test(scanned)) {
  history.replaceState(null, "", location.pathname + location.search); // it is not to stay in the history
  form.elements.code.value = scanned;
  form.requestSubmit();
}
