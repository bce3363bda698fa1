// Ways for a photo to come in: chosen, dropped, pasted.

const LARGE_BYTES = 1_500_000;
const LONG_SIDE = 1280;

export function onPhoto(receive) {
  const input = document.querySelector(".photo-button input");
  input.addEventListener("change", () => {
    if (input.files[0]) receive(input.files[0]);
    input.value = "";
  });
  document.addEventListener("paste", (event) => {
    const file = imageIn(event.clipboardData);
    if (file) receive(file);
  });
  listenForDrops(receive);
}

function listenForDrops(receive) {
  const target = document.querySelector(".drop-target");
  const carriesFile = (event) => event.dataTransfer?.types.includes("Files");
  document.addEventListener("dragenter", (event) => {
    if (carriesFile(event)) target.hidden = false;
  });
  document.addEventListener("dragover", (event) => carriesFile(event) && event.preventDefault());
  target.addEventListener("dragleave", () => (target.hidden = true));
  document.addEventListener("drop", (event) => {
    target.hidden = true;
    if (!carriesFile(event)) return;
    event.preventDefault();
    const file = imageIn(event.dataTransfer);
    if (file) receive(file);
  });
}

function imageIn(transfer) {
  return [...(transfer?.files ?? [])].find((file) => file.type.startsWith("image/"));
}

// A phone's photo has far more pixels than the search can use; sending fewer is faster. What the
// browser cannot read goes as it is, and the service says what is wrong with it.
export async function shrink(file) {
  if (file.size < LARGE_BYTES) return file;
  try {
    const bitmap = await createImageBitmap(file);
    const scale = Math.min(1, LONG_SIDE / Math.max(bitmap.width, bitmap.height));
    const canvas = document.createElement("canvas");
    canvas.width = Math.round(bitmap.width * scale);
    canvas.height = Math.round(bitmap.height * scale);
    canvas.getContext("2d").drawImage(bitmap, 0, 0, canvas.width, canvas.height);
    const blob = await new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", 0.9));
    return new File([blob], "photo.jpg", { type: "image/jpeg" });
  } catch {
    return file;
  }
}
