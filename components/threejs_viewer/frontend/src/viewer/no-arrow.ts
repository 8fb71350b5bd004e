// Stands in for Apache Arrow, which streamlit-component-lib asks for but this component never uses.
export class Table {}
export const tableFromIPC = (): never => {
  throw new Error("data frames are not sent to this component");
};
export const tableToIPC = tableFromIPC;
export const Type = {};
