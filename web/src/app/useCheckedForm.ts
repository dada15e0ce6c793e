import type { TFunction } from 'i18next'
import { useEffect, useRef, useState, type ChangeEvent, type FormEvent } from 'react'
import { useTranslation } from 'react-i18next'

interface Options {
  /** The first empty field is where the page begins. */
  focus?: boolean
}

/**
 * Checks fields by their attributes, as a browser would, but says what is wrong below the field and in the language of
 * the app. Fields are known by their `name`.
 */
export function useCheckedForm(onValid: () => void, { focus = false }: Options = {}) {
  const { t } = useTranslation()
  const [wrong, setWrong] = useState<Partial<Record<string, string>>>({})
  const form = useRef<HTMLFormElement>(null)
  useEffect(() => {
    if (focus)
      fieldsOf(form.current)
        .find(({ value, readOnly }) => value === '' && !readOnly)
        ?.focus()
  }, [focus])
  const onSubmit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const faults = fieldsOf(event.currentTarget).flatMap((field) => {
      const fault = faultOf(t, field)
      return fault ? [{ field, fault }] : []
    })
    setWrong(Object.fromEntries(faults.map(({ field, fault }) => [field.name, fault])))
    if (faults[0]) faults[0].field.focus()
    else onValid()
  }
  const onChange = (event: ChangeEvent<HTMLFormElement>) => {
    const { name } = event.target as unknown as HTMLInputElement
    if (wrong[name]) setWrong({ ...wrong, [name]: undefined })
  }
  return { form: { ref: form, noValidate: true, onSubmit, onChange }, wrong }
}

function fieldsOf(form: HTMLFormElement | null): HTMLInputElement[] {
  return [...(form?.elements ?? [])].filter((field) => field instanceof HTMLInputElement && field.name !== '') as never
}

function faultOf(t: TFunction, { value, required, minLength, validity }: HTMLInputElement): string | undefined {
  if (required && value.trim() === '') return t('invalid.missing')
  if (value !== '' && value.length < minLength) return t('invalid.string_too_short', { count: minLength })
  return validity.typeMismatch ? t('invalid.email.value_error') : undefined
}
