// On the page of what is offered: two projects change places, and the hours are added up as they are typed.

const ranks = [...document.querySelectorAll("select[name^=rank_]")];
const hours = [...document.querySelectorAll("input[name^=hours_]")];
const total = document.querySelector("[data-hours-total]");

for (const select of ranks) {
  let before = select.value;
  select.addEventListener("change", () => {
    const other = ranks.find((each) => each !== select && each.value === select.value);
    if (other && before) {
      other.value = before;
      other.dispatchEvent(new Event("placed"));
    }
    before = select.value;
  });
  select.addEventListener("placed", () => {
    before = select.value;
  });
}

if (total && hours.length > 1) {
  const { words, most, warning } = total.dataset;
  const say = () => {
    const numbers = hours.map((box) => (/^\s*\d{1,3}\s*$/.test(box.value) ? Number(box.value) : 0));
    const sum = numbers.reduce((one, other) => one + other, 0);
    total.textContent = sum ? `${words} ${sum}.${sum > Number(most) ? ` ${warning}` : ""}` : "";
    total.hidden = !sum;
  };
  for (const box of hours) box.addEventListener("input", say);
  say();
}
