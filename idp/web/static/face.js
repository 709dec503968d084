// The counter's camera: opened when the officer asks for it, sends one picture when the button is pressed, keeps none.

const open = document.getElementById("open_camera");
const camera = document.getElementById("camera");
const button = document.getElementById("take_picture");
const failure = document.getElementById("picture_failure");

function tell(id) {
  for (const text of failure.children) text.hidden = text.id !== id;
  failure.hidden = false;
  failure.focus();
}

async function look() {
  open.disabled = true;
  try {
    camera.srcObject = await navigator.mediaDevices.getUserMedia({ video: { width: 640, height: 768 }, audio: false });
    camera.hidden = false;
    await camera.play();
    button.hidden = false;
    open.hidden = true;
  } catch {
    open.disabled = false;
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
    const response = await fetch(button.dataset.address, {
      method: "POST",
      headers: { "content-type": "application/json", accept: "application/json" },
      body: JSON.stringify({ picture: canvas.toDataURL("image/jpeg", 0.85) }),
    });
    if (response.ok) location.reload();
    else tell(response.status === 400 ? "picture_unclear" : "picture_refused");
  } catch {
    tell("picture_refused");
  }
  button.disabled = false;
}

open?.addEventListener("click", look);
button?.addEventListener("click", send);
