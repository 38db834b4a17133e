"""The gradient check: backpropagation against central differences, every parameter, in float64."""
