// The page between the console and a screen pop's target: it goes on by itself.
const pop = document.querySelector("[data-pop]");
const form = pop.querySelector("form");

// A window of its own is cut off from the console. One that later pops share has to stay within the console's reach, or they
// would open beside it; its opener is an empty frame of the console's, through which nothing can be navigated.
if (pop.dataset.window === "alone") window.opener = null;

if (form) HTMLFormElement.prototype.submit.call(form);
else location.replace(pop.querySelector("a").href);
