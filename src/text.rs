//! Raw text → [`Analysis`]. Total: any input gives an analysis, never an error, in linear time.
