// Ways for a photo to come in: chosen, taken, dropped, pasted; or the address of a picture.

const LONG_SIDE = 1024;
const LARGE_FILE = 2 ** 20; // bytes

// Calls `receive` with the promise of a small file; it fails if an address cannot be read.
export function onPhoto(inputs, target, receive) {
  for (const input of inputs) {
    input.addEventListener("change", () => {
      const [file] = input.files;
      input.value = ""; // a file that is refused must not go along with the next words
      if (file) receive(shrink(file));
    });
  }
  document.addEventListener("paste", (event) => {
    const file = imageIn(event.clipboardData);
    const address = addressIn(event.clipboardData, "text/plain");
    if (!file && !address) return;
    event.preventDefault();
    receive(file ? shrink(file) : read(address));
  });
  const carriesFile = ({ dataTransfer }) => ["Files", "text/uri-list"].some((type) => dataTransfer?.types.includes(type));
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
    const address = addressIn(event.dataTransfer, "text/uri-list");
    if (file) receive(shrink(file));
    else if (address) receive(read(address));
  });
}

function imageIn(transfer) {
  return [...(transfer?.files ?? [])].find((file) => file.type.startsWith("image/"));
}

// The one address that a text is, if it is nothing else.
function addressIn(transfer, type) {
  const text = transfer?.getData(type).trim() ?? "";
  return /^https?:\/\/\S+$/.test(text) && URL.canParse(text) ? text : null;
}

// The browser reads it, never the service; its site has to allow that.
async function read(address) {
  const image = Object.assign(new Image(), { crossOrigin: "anonymous", src: address });
  await image.decode();
  return drawn(image, image.naturalWidth, image.naturalHeight);
}

// A phone's photo has far more pixels than a search can use; sending fewer is faster. What the
// browser cannot read goes as it is, and the service says what is wrong with it.
async function shrink(file) {
  try {
    const bitmap = await createImageBitmap(file);
    const isSmall = Math.max(bitmap.width, bitmap.height) <= LONG_SIDE && file.size < LARGE_FILE;
    return isSmall ? file : await drawn(bitmap, bitmap.width, bitmap.height);
  } catch {
    return file;
  }
}

// A picture as a JPEG whose long side is at most LONG_SIDE.
function drawn(picture, width, height) {
  const scale = Math.min(1, LONG_SIDE / Math.max(width, height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.round(width * scale);
  canvas.height = Math.round(height * scale);
  const context = canvas.getContext("2d");
  // A JPEG has no transparency: what is cut out lies on white, as the service sees it.
  context.fillStyle = "#fff";
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.drawImage(picture, 0, 0, canvas.width, canvas.height);
  return new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", 0.9));
}
