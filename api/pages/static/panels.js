// Panels lie beside the picture, and are not modal: it can still be enlarged and dragged. One is open at a time.

export class Panels {
  constructor(...panels) {
    this.all = panels;
  }

  get open() {
    return this.all.find((one) => one.open);
  }

  show(panel) {
    this.close();
    panel.show();
  }

  // The focus goes with the panel: a key at once after it is meant for the page.
  close() {
    for (const panel of this.all.filter((one) => one.open)) {
      panel.close();
      if (panel.contains(document.activeElement)) {
        document.activeElement.blur();
      }
    }
  }
}
