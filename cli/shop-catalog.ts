// What the simulated shop sells, where and to whom. Data only. Prices are in cents of a euro.

export const stores = [
  { storeId: 'Amsterdam', weight: 4 },
  { storeId: 'London', weight: 3 },
  { storeId: 'New York', weight: 3 },
  { storeId: 'Tokyo', weight: 2 },
] as const;

export const channels = [
  { channel: 'web', weight: 5 },
  { channel: 'app', weight: 3 },
  { channel: 'store', weight: 2 },
] as const;

/** `perCent`: how many minor units a cent of a euro is, times 100. JPY has no minor unit: 1 yen is one. */
export const countries = [
  { country: 'NL', currency: 'EUR', perCent: 100, weight: 4 },
  { country: 'DE', currency: 'EUR', perCent: 100, weight: 4 },
  { country: 'FR', currency: 'EUR', perCent: 100, weight: 3 },
  { country: 'GB', currency: 'GBP', perCent: 85, weight: 4 },
  { country: 'US', currency: 'USD', perCent: 110, weight: 5 },
  { country: 'JP', currency: 'JPY', perCent: 160, weight: 3 },
] as const;

const categories = [
  {
    category: 'Coffee',
    from: 'COF',
    names: ['House Blend', 'Espresso', 'Decaf', 'Ethiopia', 'Colombia'],
    cents: 1_190,
  },
  { category: 'Tea', from: 'TEA', names: ['Earl Grey', 'Sencha', 'Rooibos', 'Mint', 'Assam'], cents: 790 },
  { category: 'Kitchen', from: 'KIT', names: ['Grinder', 'Kettle', 'Scale', 'Press', 'Filter Papers'], cents: 3_490 },
  {
    category: 'Tableware',
    from: 'TAB',
    names: ['Mug', 'Cup and Saucer', 'Glass', 'Teapot', 'Spoon Set'],
    cents: 1_690,
  },
] as const;

/** Weights fall as 1/rank, so a few products make most of the sales. */
export const products = categories.flatMap(({ category, from, names, cents }, c) =>
  names.map((name, n) => ({
    sku: `${from}-${String(n + 1).padStart(3, '0')}`,
    name,
    category,
    cents: cents + n * 450,
    weight: 1 / (1 + n * categories.length + c),
  })),
);

/** How busy an hour of the day (UTC) is, as a share of the mean. */
export const busyness = [
  0.3, 0.2, 0.2, 0.2, 0.3, 0.4, 0.6, 0.8, 1, 1.1, 1.2, 1.3, 1.4, 1.3, 1.2, 1.2, 1.3, 1.5, 1.8, 2, 1.9, 1.5, 0.9, 0.4,
] as const;
