// On a narrow screen the settings are one line that scrolls: begin it at the page that is shown.
document.querySelector(".settings-nav [aria-current]")?.scrollIntoView({ inline: "center", block: "nearest" });
