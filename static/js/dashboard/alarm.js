// A customer who waits too long: the row is marked, and a sound repeats until somebody answers or the member mutes it.
// <meta id="alarm" data-after="60"> says after how many seconds; a message that was left waits quietly.
(() => {
  const EVERY = 8000;
  const NOTES = [[659, 0], [880, 0.18]];
  const mute = document.querySelector("[data-mute]");
  let audio;
  let played = 0;

  const isMuted = () => localStorage.getItem("muted") === "true";
  const showMute = () => mute.setAttribute("aria-pressed", isMuted());

  const isLate = (row) => {
    const after = document.getElementById("alarm").dataset.after;
    const since = row.querySelector(".row__wait");
    return Boolean(after && since && !row.querySelector(".row__mark")) && Date.now() - new Date(since.dateTime) >= after * 1000;
  };

  const note = ([pitch, delay]) => {
    const [tone, volume, start] = [audio.createOscillator(), audio.createGain(), audio.currentTime + delay];
    tone.frequency.value = pitch;
    volume.gain.setValueAtTime(0.15, start);
    volume.gain.exponentialRampToValueAtTime(0.001, start + 0.5);
    tone.connect(volume).connect(audio.destination);
    tone.start(start);
    tone.stop(start + 0.5);
  };

  // Browsers let a page sound only after its reader has touched it; until then the colour has to do.
  const play = () => {
    audio ??= new AudioContext();
    if (audio.state === "suspended") audio.resume();
    if (audio.state !== "running") return;
    played = Date.now();
    NOTES.forEach(note);
  };

  const look = () => {
    const rows = [...document.querySelectorAll("#unassigned_chats > .row")];
    rows.forEach((row) => row.classList.toggle("row--late", isLate(row)));
    if (rows.some(isLate) && !isMuted() && Date.now() - played >= EVERY) play();
  };

  mute.addEventListener("click", () => {
    localStorage.setItem("muted", !isMuted());
    showMute();
  });
  window.addEventListener("storage", showMute);
  document.addEventListener("baton:placed", look);
  setInterval(look, 1000);
  showMute();
  look();
})();
