import { llm, voice } from "@livekit/agents";
import { z } from "zod";
import { findOrder } from "./orders.js";

export const GREETING =
  "Hello, this is the parcel desk. English or Hindi, as you like. How can I help?";

const INSTRUCTIONS = `You answer the telephone of a parcel service.
Callers speak English, Hindi or both. Answer in the language of the caller's last sentence; write
Hindi in Devanagari. Your words are spoken aloud: use short sentences, no lists and no markup.
To say where a parcel is, ask for the order number and call lookup_order. Never guess a state or a
time. Facts you may give: a parcel that nobody takes is left with a neighbour or brought to the
counter, which keeps it for seven days and is open from nine to seven, except on Sundays; the
driver calls ten minutes before the delivery.`;

const lookupOrder = llm.tool({
  name: "lookup_order",
  description: "Finds the state and the expected delivery of an order by its number",
  parameters: z.object({
    order_number: z.string().describe("The four digits of the order number, without spaces"),
  }),
  async execute({ order_number }) {
    const order = await findOrder(order_number);
    return (
      order ?? {
        order_number,
        error: "there is no such order; ask the caller to repeat the number",
      }
    );
  },
});

/** The reference agent: a parcel desk that speaks English and Hindi. */
export function createAssistant(): voice.Agent {
  return new ParcelDesk();
}

class ParcelDesk extends voice.Agent {
  constructor() {
    super({ instructions: INSTRUCTIONS, tools: [lookupOrder] });
  }

  override async onEnter(): Promise<void> {
    this.session.say(GREETING);
  }
}
