"""Why a photo got what it got: `iqsd explain`. Nothing is written but the heat map that was asked for."""
