/** Calls a function with each item, `width` at a time. */
export async function inParallel(items, width, action) {
  let next = 0;
  const work = async () => {
    while (next < items.length) {
      const at = next;
      next += 1;
      await action(items[at], at);
    }
  };
  await Promise.all(Array.from({ length: width }, work));
}

/** `count` items, evenly spread; all of them if there are not as many. */
export function spread(items, count) {
  if (items.length <= count) return [...items];
  return Array.from({ length: count }, (_, n) => items[Math.floor((n * items.length) / count)]);
}
