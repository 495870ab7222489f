/** A growing column of numbers, which needs eight bytes for each number. */
export interface ValueColumn {
  /** Adds a number, unless it is NaN. */
  add(value: number): void;
  /** All added numbers, in order. */
  values(): Float64Array;
}

export function createValueColumn(): ValueColumn {
  let room = new Float64Array(16);
  let length = 0;
  return {
    add(value) {
      if (Number.isNaN(value)) return;
      if (length === room.length) {
        const wider = new Float64Array(room.length * 2);
        wider.set(room);
        room = wider;
      }
      room[length] = value;
      length += 1;
    },
    values: () => room.subarray(0, length),
  };
}
