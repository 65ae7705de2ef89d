"""Bodies: their shapes, bones, hands, clothes and looks."""
