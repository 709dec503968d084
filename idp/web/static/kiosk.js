// The kiosk's camera: shows what it sees, sends one picture when the button is pressed, keeps none.

const camera = document.getElementById("camera");
const button = document.getElementById("take_picture");
const failure = document.getElementById("picture_failure");

function tell(id) {
  for (const text of failure.children) text.hidden = text.id !== id;
  failure.hidden = false;
  failure.focus();
}

async function open() {
  try {
    camera.srcObject = await navigator.mediaDevices.getUserMedia({ video: { width: 640, height: 768 }, audio: false });
    await camera.play();
    button.disabled = false;
  } catch {
    tell("camera_failed");
  }
}

async function send() {
  button.disabled = true;
  failure.hidden = true;
  const canvas = document.createElement("canvas");
  canvas.width = camera.videoWidth;
  canvas.height = camera.videoHeight;
  canvas.getContext("2d").drawImage(camera, 0, 0);
  try {
    const response = await fetch("/kiosk/picture", {
      method: "POST",
      headers: { "content-type": "application/json", accept: "application/json" },
      body: JSON.stringify({ picture: canvas.toDataURL("image/jpeg", 0.85) }),
    });
    const answer = await response.json();
    if (response.ok) location.assign(answer.next);
    else tell(response.status === 400 ? "picture_unclear" : "picture_refused");
  } catch {
    tell("picture_refused");
  }
  button.disabled = false;
}

button.addEventListener("click", send);
open();
