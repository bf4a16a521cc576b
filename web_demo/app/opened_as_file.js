// A plain script: browsers refuse modules to a page that was opened as a file, and nothing else would tell its reader.
if (location.protocol === "file:") {
  document.getElementById("error").textContent =
    "This page works from a web server only: run `python tools/serve_web.py` and open the address that it prints.";
}
