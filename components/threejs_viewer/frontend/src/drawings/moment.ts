// Copies what Python says of a state of the page, and the link to it.

import "./moment.css";
import { Drawing, type Sent } from "./shared/drawing";
import { handText } from "./shared/handed";
import { mounted } from "./shared/mount";

interface Data extends Sent {
  text: string;
}

class Moment extends Drawing<Data> {
  protected build(): void {
    this.part("handed").textContent = "";
    this.part("copied").hidden = true;
    this.part("copy").onclick = () => void handText(this.part, this.data.text);
  }
}

export default mounted(Moment);
