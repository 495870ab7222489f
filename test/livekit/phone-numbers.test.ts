import { describe, expect, it } from "vitest";
import { createPhoneNumbers } from "../../src/livekit/phone-numbers.js";

describe("telephone numbers", () => {
  it("are masked where they are written internationally", () => {
    const { mask } = createPhoneNumbers(false);
    expect(mask("call-_+15105550100_x7")).toBe("call-_[number]_x7");
    expect(mask('{"phone":"+1 (510) 555-0100"}')).toBe('{"phone":"[number]"}');
    expect(mask("room-20251122 order 4271")).toBe("room-20251122 order 4271");
  });

  it("are masked in any form once they are known", () => {
    const { learn, mask } = createPhoneNumbers(false);
    learn("+15105550100");
    expect(mask("sip_15105550100, +15105550100")).toBe("sip_[number], [number]");
  });

  it("are masked in the names of those who telephone, whatever they look like", () => {
    const { maskName } = createPhoneNumbers(false);
    expect(maskName("sip_5105550100")).toBe("sip_[number]");
    expect(maskName("Phone 0510 555 0100")).toBe("Phone [number]");
    expect(maskName("Desk 12")).toBe("Desk 12");
  });

  it("stay where the agent has opted in to them", () => {
    const { learn, mask, maskName } = createPhoneNumbers(true);
    learn("+15105550100");
    expect([mask("+15105550100"), maskName("sip_+15105550100")]).toEqual([
      "+15105550100",
      "sip_+15105550100",
    ]);
  });
});
