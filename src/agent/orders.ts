/** Where a parcel is. */
export interface Order {
  order_number: string;
  status: string;
  expected: string;
}

/** Replace this by a query to where your orders are. */
const ORDERS: readonly Order[] = [
  { order_number: "4271", status: "out for delivery", expected: "today between two and four" },
  { order_number: "5830", status: "in our depot", expected: "tomorrow before noon" },
];

export async function findOrder(orderNumber: string): Promise<Order | undefined> {
  return ORDERS.find((order) => order.order_number === orderNumber);
}
