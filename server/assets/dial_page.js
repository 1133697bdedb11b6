// The page that a tel: link opens: the dial box filled in. The button wakes after half a second, as on the confirmation: any
// page may open this one, under somebody's next click.
import { dialBox } from "./dial.js";

const form = document.querySelector("[data-dial]");
const button = form.querySelector("button[type=submit]");
const ready = () => { button.disabled = false; (form.elements.phone.value ? button : form.elements.phone).focus(); };
button.disabled = true;
dialBox(form, { placed: (id) => location.assign(`/AGUI/call/${id}`) });
setTimeout(ready, 500);
