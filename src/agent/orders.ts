/** Where a parcel is. */
export interface Order {
  order_number: string;
  status: string;
  expected: string;
}

/** An example: replace it with a query to your own orders. */
const ORDERS: readonly Order[] = [
  { order_number: "4271", status: "out for delivery", expected: "today between two and four" },
  { order_number: "5830", status: "in our depot", expected: "tomorrow before noon" },
];

export async function findOrder(orderNumber: string): Promise<Order | undefined> {
  return ORDERS.find((order) => order.order_number === orderNumber);
}
