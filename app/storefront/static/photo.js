// Ways for a photo to come in: chosen, dropped, pasted.

const LONG_SIDE = 1024;
const LARGE_FILE = 2 ** 20; // bytes

// Calls `receive` with the promise of a small file.
export function onPhoto(input, target, receive) {
  input.addEventListener("change", () => {
    const [file] = input.files;
    input.value = ""; // a file that is refused must not go along with the next words
    if (file) receive(shrink(file));
  });
  document.addEventListener("paste", (event) => {
    const file = imageIn(event.clipboardData);
    if (file) receive(shrink(file));
  });
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
    const file = imageIn(event.dataTransfer) ?? event.dataTransfer.files[0];
    if (file) receive(shrink(file));
  });
}

function imageIn(transfer) {
  return [...(transfer?.files ?? [])].find((file) => file.type.startsWith("image/"));
}

// A phone's photo has far more pixels than a search can use; sending fewer is faster. What the
// browser cannot read goes as it is, and the service says what is wrong with it.
async function shrink(file) {
  try {
    const bitmap = await createImageBitmap(file);
    const scale = LONG_SIDE / Math.max(bitmap.width, bitmap.height);
    if (scale >= 1 && file.size < LARGE_FILE) return file;
    const canvas = document.createElement("canvas");
    canvas.width = Math.round(bitmap.width * Math.min(scale, 1));
    canvas.height = Math.round(bitmap.height * Math.min(scale, 1));
    const context = canvas.getContext("2d");
    // A JPEG has no transparency: what is cut out lies on white, as the service sees it.
    context.fillStyle = "#fff";
    context.fillRect(0, 0, canvas.width, canvas.height);
    context.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
    return await new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", 0.9));
  } catch {
    return file;
  }
}
