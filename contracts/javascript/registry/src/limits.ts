export const nameLengthMax = 32;
