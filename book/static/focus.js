// The theme lets the keyboard reach what scrolls, but only what is unfolded when the page loads.
const unfolded = new ResizeObserver((entries) => {
  for (const { target } of entries) {
    target.tabIndex = target.scrollWidth > target.clientWidth ? 0 : -1;
  }
});
document
  .querySelectorAll("pre, .cell_output > .output, .pst-scrollable-table-container")
  .forEach((element) => unfolded.observe(element));
